import { schema } from '@stacksjs/validation'

export default {
  name: 'Address',
  table: 'addresses',
  belongsTo: [{ model: 'User', onDelete: 'cascade' }],
  attributes: {
    street: { fillable: true, required: true, validation: { rule: schema.string().max(255) }, factory: faker => faker.location.streetAddress() },
    country: { fillable: true, default: 'GB', validation: { rule: schema.string().length(2) } },
    postcode: { fillable: true, validation: { rule: 'string|regex:/^[A-Z0-9 ]{5,8}$/i' } },
  },
}
