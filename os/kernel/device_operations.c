/* Ports and interrupt lines, for drivers. */
#include "lab.h"
#include "operations.h"

static djed_status check_port(const struct service *caller, uint64_t port, uint64_t width)
{
	if (width != 1 && width != 2 && width != 4)
		return -EINVAL;
	return service_may_ports(caller, port, width) ? 0 : -EPERM;
}

/* port_read(port, width) -> value */
djed_status operation_port_read(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status = check_port(caller, in[0], in[1]);

	if (status)
		return status;
	txn_once(&rules, service_number(caller)); /* the device has moved on */
	out[0] = arch_port_read((uint16_t)in[0], (uint32_t)in[1]);
	return 0;
}

/* port_write(port, width, value) */
djed_status operation_port_write(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status = check_port(caller, in[0], in[1]);

	(void)out;
	if (status)
		return status;
	txn_once(&rules, service_number(caller));
	if (in[1] == 1)
		lab_port_written((uint16_t)in[0], (uint8_t)in[2]);
	arch_port_write((uint16_t)in[0], (uint32_t)in[1], (uint32_t)in[2]);
	return 0;
}

/* irq_acknowledge(line) */
djed_status operation_irq_acknowledge(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!service_may_irq(caller, in[0]))
		return -EPERM;
	arch_irq_mask((uint32_t)in[0], false);
	return 0;
}
