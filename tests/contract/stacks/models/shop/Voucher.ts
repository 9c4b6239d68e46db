import { extendModel } from '@stacksjs/orm'
import { schema } from '@stacksjs/validation'
import Product from './Product'

export default extendModel(Product, {
  name: 'Voucher',
  table: 'vouchers',
  traits: { useTTL: { attributeName: 'expiresAt' } },
  belongsTo: [{ model: 'User', relationName: 'holder', foreignKey: 'holder_id' }],
  attributes: {
    variety: { fillable: true, default: 'voucher', validation: { rule: schema.enum(['voucher', 'gift']) } },
    code: { fillable: true, unique: true, validation: { rule: schema.string().length(8).required().alphanumeric() } },
  },
})
