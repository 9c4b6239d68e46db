import type { Model } from '@stacksjs/types'
import { schema } from '@stacksjs/validation'
import { ORDER_STATES } from '../limits'

const Order: Model = {
  name: 'Order',
  table: 'orders',
  traits: { useTimestamps: { createdAt: 'enteredAt', updatedAt: 'touchedAt' } },
  belongsTo: [{ model: 'User', foreignKey: 'buyer_id', relationName: 'buyer', onDelete: 'cascade' }],
  hasOne: [{ model: 'Payment', onDelete: 'restrict' }],
  belongsToMany: {
    products: {
      model: 'Product',
      table: 'order_lines',
      foreignKey: 'order_id',
      relatedKey: 'product_id',
      pivot: {
        columns: {
          quantity: { default: 1, validation: { rule: schema.integer().min(1) } },
          unitPrice: { validation: { rule: schema.number().min(0) } },
        },
        timestamps: true,
      },
    },
  },
  indexes: [
    { name: 'orders_state_placed', columns: ['state', 'placed_at'] },
    { name: 'orders_buyer_state_total', columns: ['buyer_id', 'state', 'total'] },
    { name: 'orders_number', columns: ['shop', 'number'], unique: true },
  ],
  attributes: {
    shop: { fillable: true, required: true, validation: { rule: 'string|max:20' } },
    number: { fillable: true, required: true, validation: { rule: 'integer|min:1' } },
    state: { fillable: true, default: ORDER_STATES[0], validation: { rule: schema.enum(ORDER_STATES) }, factory: faker => faker.helpers.arrayElement([...ORDER_STATES]) },
    total: { fillable: true, required: true, validation: { rule: schema.number().min(0) } },
    placedAt: { fillable: true, required: true, validation: { rule: schema.timestamp() }, factory: () => Date.now() },
    deliverOn: { fillable: true, validation: { rule: schema.date() } },
    promisedAt: { fillable: true, validation: { rule: schema.timestampTz() } },
    note: { fillable: true, nullable: true, validation: { rule: schema.string().max(500) }, factory: faker => faker.helpers.maybe(() => faker.lorem.sentence()) },
  },
}

export default Order
