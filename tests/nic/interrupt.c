// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts, as many as queues, that /proc/irq and its affinities know, and the NAPI behind them.
 *
 * Each gets to its processor as an interrupt of that processor's: irq_work here, a call function
 * interrupt elsewhere. The files in the device's msi_irqs tell their numbers, as a PCI card's do.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>

#include "nic.h"

/* --- The interrupt controller ----------------------------------------------------------------- */

/* Of a mask of several, queue n takes the nth: vectors are spread over the processors. */
static int set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct nic_queue *queue = irq_data_get_irq_chip_data(data);
	unsigned int cpu, choice = 0, left;

	for_each_cpu_and(cpu, mask, cpu_online_mask)
		choice++;
	if (!choice)
		return -EINVAL;
	left = queue->index % choice;
	for_each_cpu_and(cpu, mask, cpu_online_mask)
		if (!left--)
			break;
	WRITE_ONCE(queue->cpu, cpu);
	irq_data_update_effective_affinity(data, cpumask_of(cpu));
	return IRQ_SET_MASK_OK;
}

static void nothing(struct irq_data *data)
{
}

static struct irq_chip nic_irq_chip = {
	.name = NIC_NAME,
	.irq_ack = nothing,
	.irq_mask = nothing,
	.irq_unmask = nothing,
	.irq_set_affinity = set_affinity,
};

static void arrive(struct nic_queue *queue)
{
	clear_bit(0, &queue->raised);
	generic_handle_irq_safe(queue->irq);
}

static void arrive_here(struct irq_work *work)
{
	arrive(container_of(work, struct nic_queue, irq_self));
}

static void arrive_elsewhere(void *data)
{
	arrive(data);
}

/**
 * nic_raise - have the driver look at a queue, if it is not about to do so
 * @queue: which
 *
 * Context: BH off, process or softirq
 */
void nic_raise(struct nic_queue *queue)
{
	int cpu = READ_ONCE(queue->cpu), here;

	smp_mb();	/* first what there is to do, then who does it; pairs with unmask() */
	if (READ_ONCE(queue->masked) ||
	    READ_ONCE(queue->card->faults.rx_stalled) & BIT(queue->index) ||
	    test_and_set_bit(0, &queue->raised))
		return;
	here = get_cpu();
	if (cpu == here || !cpu_online(cpu) ||
	    smp_call_function_single_async(cpu, &queue->irq_remote))
		irq_work_queue(&queue->irq_self);
	put_cpu();
}

/* --- The driver ------------------------------------------------------------------------------- */

static irqreturn_t handle(int irq, void *data)
{
	struct nic_queue *queue = data;

	queue->stats.interrupts++;
	WRITE_ONCE(queue->masked, true);
	napi_schedule(&queue->napi);
	return IRQ_HANDLED;
}

static bool has_work(const struct nic_queue *queue)
{
	return READ_ONCE(queue->rx.filled) != queue->rx.cleaned ||
	       READ_ONCE(queue->tx.moved) != queue->tx.cleaned;
}

static void unmask(struct nic_queue *queue)
{
	WRITE_ONCE(queue->masked, false);
	smp_mb();	/* pairs with the one in nic_raise() */
	if (has_work(queue))
		nic_raise(queue);
}

/**
 * nic_poll - NAPI of a queue
 * @napi: which
 * @budget: frames at most
 *
 * Return: frames received
 */
int nic_poll(struct napi_struct *napi, int budget)
{
	struct nic_queue *queue = container_of(napi, struct nic_queue, napi);
	int done;

	queue->stats.polls++;
	nic_tx_clean(queue);
	done = nic_rx_clean(queue, budget);
	if (done < budget && napi_complete_done(napi, done))
		unmask(queue);
	return done;
}

/**
 * nic_interrupt_request - have a queue's interrupt handled
 * @queue: which
 *
 * Return: 0 or a negative errno
 */
int nic_interrupt_request(struct nic_queue *queue)
{
	snprintf(queue->irq_name, sizeof(queue->irq_name), "%s-TxRx-%u",
		 queue->card->netdev->name, queue->index);
	return request_irq(queue->irq, handle, 0, queue->irq_name, queue);
}

/**
 * nic_interrupt_free - the opposite
 * @queue: whose interrupt no longer arrives when this returns
 */
void nic_interrupt_free(struct nic_queue *queue)
{
	free_irq(queue->irq, queue);
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static ssize_t msi_show(struct device *device, struct device_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "msix\n");
}

static int add_number(struct nic_card *card, struct nic_queue *queue)
{
	struct device_attribute *attribute;

	attribute = devm_kzalloc(card->device, sizeof(*attribute), GFP_KERNEL);
	if (!attribute)
		return -ENOMEM;
	sysfs_attr_init(&attribute->attr);
	attribute->attr.name = devm_kasprintf(card->device, GFP_KERNEL, "%d", queue->irq);
	attribute->attr.mode = 0444;
	attribute->show = msi_show;
	if (!attribute->attr.name)
		return -ENOMEM;
	return sysfs_add_file_to_group(&card->device->kobj, &attribute->attr, "msi_irqs");
}

static struct attribute *no_attributes[] = { NULL };

static const struct attribute_group numbers = {
	.name = "msi_irqs",
	.attrs = no_attributes,
};

static int interrupt_create(struct nic_queue *queue)
{
	/* No owner: a card that is up must not keep the module from being removed. */
	int irq = __irq_alloc_descs(-1, 0, 1, NUMA_NO_NODE, NULL, NULL);

	if (irq < 0)
		return irq;
	queue->irq = irq;
	queue->irq_self = IRQ_WORK_INIT_HARD(arrive_here);
	INIT_CSD(&queue->irq_remote, arrive_elsewhere, queue);
	irq_set_chip_and_handler_name(irq, &nic_irq_chip, handle_edge_irq, "edge");
	irq_set_chip_data(irq, queue);
	irq_modify_status(irq, IRQ_NOREQUEST | IRQ_NOAUTOEN, IRQ_NOPROBE | IRQ_MOVE_PCNTXT);
	return 0;
}

/* An interrupt that is still on its way finds nobody who asked for it. */
static void interrupt_destroy(struct nic_queue *queue)
{
	while (test_bit(0, &queue->raised))
		usleep_range(100, 200);
	irq_work_sync(&queue->irq_self);
	synchronize_rcu();	/* interrupt handlers are readers */
	irq_free_desc(queue->irq);
}

/**
 * nic_interrupts_create - allocate a number for each queue there can be
 * @card: whose
 *
 * Context: process
 * Return: 0 or a negative errno
 */
int nic_interrupts_create(struct nic_card *card)
{
	unsigned int i;
	int err;

	err = sysfs_create_group(&card->device->kobj, &numbers);
	if (err)
		return err;
	for (i = 0; i < card->netdev->num_rx_queues; i++) {
		err = interrupt_create(&card->queue[i]);
		if (err)
			goto err_destroy;
		err = add_number(card, &card->queue[i]);
		if (err) {
			interrupt_destroy(&card->queue[i]);
			goto err_destroy;
		}
	}
	return 0;

err_destroy:
	while (i--)
		interrupt_destroy(&card->queue[i]);
	sysfs_remove_group(&card->device->kobj, &numbers);
	return err;
}

/**
 * nic_interrupts_destroy - give the numbers back
 * @card: whose; down
 */
void nic_interrupts_destroy(struct nic_card *card)
{
	unsigned int i;

	sysfs_remove_group(&card->device->kobj, &numbers);
	for (i = 0; i < card->netdev->num_rx_queues; i++)
		interrupt_destroy(&card->queue[i]);
}
