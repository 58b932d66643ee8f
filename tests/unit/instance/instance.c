/* Memory of an instance: made, made new from either image, handed over. The kernel's part is a space of a few
 * pages. */
#include <lib/instance.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <host.h>
#include <protocols/kernel.h>
#include <string.h>

enum { SERVICE = 1, OTHER = 2, TEXT = 100, DATA = 50, BSS = 200, HEAP = DJED_PAGE_SIZE, PARTS = 6 };

static struct {
	struct djed_system system;
	uint8_t text[TEXT], data[DATA], other_text[TEXT], other_data[DATA];
} image;

/* The pages that the service has, and whether they are mapped. */
static struct part {
	uint64_t address;
	uint64_t access;
	uint8_t bytes[DJED_PAGE_SIZE];
	bool mapped;
} part[PARTS] = {{.address = DJED_IMAGE_BASE},	     {.address = DJED_IMAGE_BASE + DJED_PAGE_SIZE},
		 {.address = DJED_ALTERNATIVE_BASE}, {.address = DJED_ALTERNATIVE_BASE + DJED_PAGE_SIZE},
		 {.address = DJED_HEAP_BASE},	     {.address = DJED_START_INFO, .mapped = true}};

static struct part *part_of(uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (address >= part[i].address && length <= DJED_PAGE_SIZE &&
		    address - part[i].address <= DJED_PAGE_SIZE - length)
			return &part[i];
	cr_assert_fail("nothing lies at %lx", (unsigned long)address);
	return NULL;
}

static uint64_t failing; /* operation that does not work */

static djed_status on_map(const uint64_t in[6], uint64_t out[3])
{
	struct part *at = part_of(in[1], in[2]);

	(void)out;
	cr_assert(in[0] == SERVICE && at->address == in[1] && !at->mapped);
	at->mapped = true;
	at->access = in[3];
	return failing == KERNEL_OP_SERVICE_MAP ? -ENOMEM : 0;
}

static djed_status on_write(const uint64_t in[6], uint64_t out[3])
{
	struct part *at = part_of(in[1], in[3]);

	(void)out;
	cr_assert(in[0] == SERVICE && at->mapped);
	memcpy(at->bytes + (in[1] - at->address), (const void *)in[2], in[3]);
	return failing == KERNEL_OP_SERVICE_WRITE ? -EFAULT : 0;
}

static djed_status on_zero(const uint64_t in[6], uint64_t out[3])
{
	struct part *at = part_of(in[1], in[2]);

	(void)out;
	cr_assert(in[0] == SERVICE && at->mapped);
	memset(at->bytes + (in[1] - at->address), 0, in[2]);
	return failing == KERNEL_OP_SERVICE_ZERO ? -EFAULT : 0;
}

static void add_segment(uint32_t record, uint64_t address, const void *bytes, uint64_t size,
			uint64_t memory_size, uint32_t access)
{
	struct djed_system_service *service = &image.system.service[record];

	service->segment[service->segments++] =
	    (struct djed_segment){.address = address,
				  .memory_size = memory_size,
				  .offset = (uint64_t)((const uint8_t *)bytes - (const uint8_t *)&image),
				  .file_size = size,
				  .access = access};
}

static void start(void)
{
	const uint32_t text = DJED_ACCESS_READ | DJED_ACCESS_EXECUTE,
		       data = DJED_ACCESS_READ | DJED_ACCESS_WRITE;

	host_start(&(struct host_options){0});
	host_on(KERNEL_OP_SERVICE_MAP, on_map);
	host_on(KERNEL_OP_SERVICE_WRITE, on_write);
	host_on(KERNEL_OP_SERVICE_ZERO, on_zero);
	memset(image.text, 't', TEXT);
	memset(image.data, 'd', DATA);
	memset(image.other_text, 'T', TEXT);
	memset(image.other_data, 'D', DATA);
	image.system.service[SERVICE].heap = HEAP;
	image.system.service[SERVICE].alternative = OTHER;
	add_segment(SERVICE, DJED_IMAGE_BASE, image.text, TEXT, TEXT, text);
	add_segment(SERVICE, DJED_IMAGE_BASE + DJED_PAGE_SIZE, image.data, DATA, BSS, data);
	add_segment(OTHER, DJED_ALTERNATIVE_BASE, image.other_text, TEXT, TEXT, text);
	add_segment(OTHER, DJED_ALTERNATIVE_BASE + DJED_PAGE_SIZE, image.other_data, DATA, BSS, data);
}

/* All that a running service could have changed, and what it could not. */
static void spoil(void)
{
	for (unsigned i = 0; i < PARTS; i++)
		memset(part[i].bytes, '#', i == 1 || i == 3 ? BSS : i == 5 ? DJED_PAGE_SIZE : TEXT);
}

/* The part holds `size` bytes `value`, then zeros up to `end`. */
static bool holds(unsigned number, char value, unsigned size, unsigned end)
{
	for (unsigned i = 0; i < end; i++)
		if (part[number].bytes[i] != (i < size ? value : 0))
			return false;
	return true;
}

static struct djed_start_info *information(void)
{
	return (struct djed_start_info *)part[5].bytes;
}

Test(instance, made)
{
	start();
	cr_assert_eq(instance_make(&image.system, SERVICE), 0);
	for (unsigned i = 0; i < PARTS; i++)
		cr_assert(part[i].mapped, "part %u", i);
	cr_assert(part[0].access == (DJED_ACCESS_READ | DJED_ACCESS_EXECUTE) &&
		  part[2].access == part[0].access);
	cr_assert(part[1].access == (DJED_ACCESS_READ | DJED_ACCESS_WRITE) &&
		  part[3].access == part[1].access);
	cr_assert(holds(0, 't', TEXT, TEXT) && holds(1, 'd', DATA, BSS));
	cr_assert(holds(2, 0, 0, TEXT) && holds(3, 0, 0, BSS), "the other one waits for its time");
}

Test(instance, made_new)
{
	start();
	cr_assert_eq(instance_make(&image.system, SERVICE), 0);
	spoil();
	cr_assert_eq(instance_renew(&image.system, SERVICE, SERVICE, 3, false), 0);
	cr_assert(holds(0, 't', TEXT, TEXT) && holds(1, 'd', DATA, BSS) && holds(4, 0, 0, HEAP));
	cr_assert(holds(2, 0, 0, TEXT) && holds(3, 0, 0, BSS));
	cr_assert(information()->restarts == 3 && information()->handed_over == 0);
	cr_assert(information()->trace == 0x23232323, "the rest of it is not touched");
	spoil();
	cr_assert_eq(instance_renew(&image.system, SERVICE, OTHER, 4, false), 0);
	cr_assert(holds(2, 'T', TEXT, TEXT) && holds(3, 'D', DATA, BSS) && holds(4, 0, 0, HEAP));
	cr_assert(holds(0, 0, 0, TEXT) && holds(1, 0, 0, BSS), "nothing of the first one is left");
	cr_assert_eq(information()->restarts, 4);
}

Test(instance, handed_over)
{
	start();
	cr_assert_eq(instance_make(&image.system, SERVICE), 0);
	spoil();
	cr_assert_eq(instance_hand_over(&image.system, SERVICE, SERVICE, 5), 0);
	cr_assert(holds(0, 't', TEXT, TEXT) && holds(1, '#', BSS, BSS) && holds(4, '#', TEXT, TEXT));
	cr_assert(holds(2, '#', TEXT, TEXT), "that is not what it runs");
	cr_assert(information()->restarts == 5 && information()->handed_over == 1);
	cr_assert_eq(instance_hand_over(&image.system, SERVICE, OTHER, 5), 0);
	cr_assert(holds(2, 'T', TEXT, TEXT) && holds(3, '#', BSS, BSS));
}

Test(instance, errors)
{
	start();
	failing = KERNEL_OP_SERVICE_MAP;
	cr_assert_eq(instance_make(&image.system, SERVICE), -ENOMEM);
	for (unsigned i = 0; i < PARTS; i++)
		part[i].mapped = true;
	failing = KERNEL_OP_SERVICE_WRITE;
	cr_assert_eq(instance_renew(&image.system, SERVICE, SERVICE, 1, false), -EFAULT);
	cr_assert_eq(instance_hand_over(&image.system, SERVICE, SERVICE, 1), -EFAULT);
	failing = KERNEL_OP_SERVICE_ZERO;
	cr_assert_eq(instance_renew(&image.system, SERVICE, SERVICE, 1, false), -EFAULT);
}
