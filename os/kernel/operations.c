#include "operations.h"
#include "application.h"

static operation_function *const table[] = {
#define OPERATION_ENTRY(NAME, name, number, ins, outs, effect) [number] = operation_##name,
    KERNEL_OPERATIONS(OPERATION_ENTRY)
#undef OPERATION_ENTRY
};
#define OPERATION_FITS(NAME, name, number, ins, outs, effect) \
	_Static_assert((ins) <= OPERATION_ARGUMENTS && (outs) <= OPERATION_RESULTS, #name);
KERNEL_OPERATIONS(OPERATION_FITS)

static void serve(struct service *caller)
{
	struct thread *thread = &caller->thread;
	uint64_t number = arch_call_number(&thread->arch), in[OPERATION_ARGUMENTS],
		 out[OPERATION_RESULTS] = {0, 0};
	djed_status status = -ENOSYS;

	if (number < sizeof(table) / sizeof(table[0]) && table[number]) {
		arch_call_arguments(&thread->arch, in);
		/* What makes the thread go on later finds these results, and may replace them. */
		arch_call_status(&thread->arch, 0);
		arch_call_results(&thread->arch, 0, 0);
		status = table[number](caller, in, out);
	}
	if (status || out[0] || out[1]) {
		arch_call_status(&thread->arch, status);
		arch_call_results(&thread->arch, out[0], out[1]);
	}
}

void kernel_syscall(void)
{
	account_user_time();
	if (current->application) {
		application_call((struct application *)current);
	} else {
		struct service *caller = (struct service *)current;
		uint8_t state;

		serve(caller);
		state = rules.service[service_number(caller)].state;
		if (state != DJED_SERVICE_WORKING && state != DJED_SERVICE_UNDOING)
			thread_block(&caller->thread);
	}
	schedule();
}
