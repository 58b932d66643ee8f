/* Pictures of the report: inline SVG, no scripts, readable without colours through their labels. */
#include "report.h"

#include <stdio.h>

/* Green to red with rising severity; grey for what did not count. */
const char *const outcome_colours[REPORT_OUTCOMES] = {"#2e7d32", "#9ccc65", "#fdd835", "#fb8c00", "#8d6e63",
						      "#5e35b1", "#d81b60", "#b71c1c", "#bdbdbd"};

enum { WIDTH = 760, LABEL = 130, BAR = 20, GAP = 6 };

static void open_svg(struct text *page, int height, const char *title)
{
	text_format(
	    page,
	    "<div class=\"wide\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s\">\n",
	    WIDTH, height, WIDTH, title);
}

static void close_svg(struct text *page)
{
	text_format(page, "</svg></div>\n");
}

static void label(struct text *page, int y, const char *name)
{
	text_format(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LABEL - 8, y);
	add_html(page, name);
	text_format(page, "</text>\n");
}

static void bar(struct text *page, double x, int y, double width, const char *look, const char *title,
		double value)
{
	text_format(
	    page, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" %s><title>%s: %g</title></rect>\n",
	    x, y, width, BAR, look, title, value);
}

static const char back_look[] = "class=\"back\"", blue_look[] = "class=\"blue\"",
		  other_look[] = "class=\"other\"";

void chart_outcomes(struct text *page, const struct policy_figures *p)
{
	unsigned rows = 1;
	for (unsigned i = 0; i < p->services; i++)
		rows += p->service[i].experiments != 0;
	open_svg(page, (int)rows * (BAR + GAP) + GAP, "outcomes per server");
	int y = GAP;
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->experiments)
			continue;
		label(page, y + 15, f->name);
		double x = LABEL, scale = (double)(WIDTH - LABEL - 60) / f->experiments;
		for (unsigned k = 0; k < REPORT_OUTCOMES; k++) {
			if (!f->outcome[k])
				continue;
			char look[24];
			snprintf(look, sizeof look, "fill=\"%s\"", outcome_colours[k]);
			bar(page, x, y, f->outcome[k] * scale, look, report_outcomes[k], f->outcome[k]);
			x += f->outcome[k] * scale;
		}
		text_format(page, "<text x=\"%d\" y=\"%d\">%u</text>\n", WIDTH - 52, y + 15, f->experiments);
		y += BAR + GAP;
	}
	close_svg(page);
}

void chart_controls(struct text *page, const struct summary *s)
{
	int rows = (int)(s->policies + published_count);
	open_svg(page, rows * (BAR + GAP) + GAP + 20, "survival with 95% intervals");
	double scale = WIDTH - LABEL - 90;
	int y = GAP;
	for (unsigned i = 0; i < s->policies; i++, y += BAR + GAP) {
		struct rate r = s->figures[i].all.survival;
		int middle = y + BAR / 2;
		label(page, y + 15, s->figures[i].policy);
		if (s->figures[i].all.active)
			bar(page, LABEL, y, r.rate * scale, blue_look, "survival", r.rate);
		text_format(page, "<path d=\"M%.1f %dH%.1fM%.1f %dv10M%.1f %dv10\"/>\n",
			    LABEL + r.low * scale, middle, LABEL + r.high * scale, LABEL + r.low * scale,
			    middle - 5, LABEL + r.high * scale, middle - 5);
		text_format(page, "<text x=\"%d\" y=\"%d\">", WIDTH - 80, y + 15);
		add_rate(page, r, s->figures[i].all.active);
		text_format(page, "</text>\n");
	}
	for (unsigned i = 0; i < published_count; i++, y += BAR + GAP) {
		label(page, y + 15, published[i].name);
		bar(page, LABEL, y, published[i].rate * scale, other_look, "published", published[i].rate);
		text_format(page, "<text x=\"%d\" y=\"%d\">%s%.*f%%</text>\n", WIDTH - 80, y + 15,
			    published[i].about ? "about " : "", published[i].about ? 0 : 1,
			    published[i].rate * 100);
	}
	for (int percent = 0; percent <= 100; percent += 25)
		text_format(page,
			    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"axis\">%d%%</text>\n",
			    LABEL + percent / 100.0 * scale, y + 12, percent);
	close_svg(page);
}

void chart_latency(struct text *page, const struct figures *f, const char *title)
{
	enum { HEIGHT = 160 };
	unsigned most = 1, first = HISTOGRAM_BINS, last = 0;
	for (unsigned i = 0; i < HISTOGRAM_BINS; i++) {
		if (f->histogram[i] > most)
			most = f->histogram[i];
		if (f->histogram[i]) {
			first = i < first ? i : first;
			last = i;
		}
	}
	if (first > last) {
		text_format(page, "<p>No recovery took place.</p>\n");
		return;
	}
	open_svg(page, HEIGHT + 40, title);
	double step = (double)(WIDTH - 40) / (last - first + 1);
	if (step > 70)
		step = 70;
	for (unsigned i = first; i <= last; i++) {
		double x = 20 + (i - first) * step, height = (double)f->histogram[i] * (HEIGHT - 20) / most;
		text_format(page,
			    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"blue\"/>\n",
			    x, HEIGHT - height, step - 3, height);
		text_format(page,
			    "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" class=\"axis\">%u</text>\n",
			    x + step / 2, HEIGHT - height - 3, f->histogram[i]);
		/* Upper bound of the bin. */
		text_format(
		    page,
		    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"axis\">&lt;%.4g us</text>\n",
		    x + step / 2, HEIGHT + 14, 0.1 * (double)(1ull << i));
	}
	close_svg(page);
}

void chart_window(struct text *page, const struct policy_figures *p)
{
	unsigned rows = 1;
	for (unsigned i = 0; i < p->services; i++)
		rows += p->service[i].time != 0;
	open_svg(page, (int)rows * (BAR + GAP) + GAP, "share of execution in which rollback is allowed");
	double scale = WIDTH - LABEL - 70;
	int y = GAP;
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->time)
			continue;
		double share = (double)f->time_window / (double)f->time;
		label(page, y + 15, f->name);
		bar(page, LABEL, y, scale, back_look, "all", 1);
		bar(page, LABEL, y, share * scale, blue_look, "window", share);
		text_format(page, "<text x=\"%d\" y=\"%d\">%.1f%%</text>\n", WIDTH - 62, y + 15, share * 100);
		y += BAR + GAP;
	}
	close_svg(page);
}
