import { schema } from '@stacksjs/validation'

// A list of primary keys without key functions.
export default {
  name: 'StockCount',
  table: 'stock_counts',
  primaryKey: ['warehouse', 'productId', 'day'],
  belongsTo: ['Product'],
  attributes: {
    warehouse: { fillable: true, required: true, validation: { rule: schema.string().max(10) } },
    productId: { fillable: true, required: true, validation: { rule: schema.string() } },
    day: { fillable: true, required: true, validation: { rule: schema.date() } },
    counted: { fillable: true, required: true, validation: { rule: schema.integer().min(0) } },
  },
}
