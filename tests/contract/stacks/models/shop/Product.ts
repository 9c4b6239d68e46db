import { defineModel } from '@stacksjs/orm'
import { schema } from '@stacksjs/validation'
import { NAME_MAX, PRICE, SKU } from '../limits'

const VARIETIES = ['goods', 'service', 'voucher']

const model = defineModel({
  name: 'Product',
  table: 'products',
  primaryKey: 'id',
  autoIncrement: true,
  traits: { useUuid: true, useTimestamps: true, softDeletable: true, taggable: true },
  belongsToMany: {
    tags: {
      model: 'Tag',
      table: 'taggables',
      foreignKey: 'taggable_id',
      relatedKey: 'tag_id',
      pivot: { columns: { taggable_type: { default: 'products' } }, timestamps: true },
    },
    orders: { model: 'Order', table: 'order_lines', foreignKey: 'product_id', relatedKey: 'order_id' },
  },
  morphMany: [{ model: 'Comment', morphName: 'commentable' }, { model: 'Picture', morphName: 'picturable' }],
  morphToMany: [{ model: 'Category', morphName: 'categorizable' }],
  indexes: [
    { name: 'products_variety_price', columns: ['variety', 'price'] },
    { name: 'products_name', columns: ['name'] },
    { name: 'products_sale', columns: ['variety', 'stock'], where: { onSale: true } },
  ],
  attributes: {
    name: { fillable: true, required: true, order: 1, validation: { rule: schema.string().min(2).max(NAME_MAX) }, factory: faker => faker.commerce.productName() },
    sku: { fillable: true, unique: true, order: 2, validation: { rule: schema.string().required().matches(SKU) }, factory: faker => `AB-${faker.string.numeric(4)}` },
    variety: { fillable: true, default: VARIETIES[0], validation: { rule: schema.enum(VARIETIES) }, factory: faker => faker.helpers.arrayElement(VARIETIES) },
    price: { fillable: true, required: true, validation: { rule: schema.number().min(PRICE.least).max(PRICE.most) }, factory: faker => faker.number.float({ min: 1, max: 100, fractionDigits: 2 }) },
    stock: { fillable: true, default: 0, cast: 'integer' },
    onSale: { fillable: true, default: false, validation: { rule: schema.boolean() } },
    cost: { fillable: true, hidden: true, nullable: true, validation: { rule: schema.float().min(0) } },
    weight: { fillable: true, validation: { rule: schema.integer().min(1) } },
    dimensions: { fillable: true, cast: 'json' },
    labels: { fillable: true, default: [], validation: { rule: schema.array().max(4) } },
    imageUrl: { fillable: true, required: false, validation: { rule: schema.string().url() }, factory: faker => faker.image.url() },
  },
} as const)

export default model
