import type { Model } from '@stacksjs/types'
import { schema } from '@stacksjs/validation'
import { NAME_MAX } from '../limits'

export default {
  name: 'Team',
  table: 'teams',
  primaryKey: 'id',
  autoIncrement: true,
  traits: { useTimestamps: true, useUuid: true, useSeeder: { count: 5 } },
  hasMany: ['User'],
  hasManyThrough: [{ model: 'Order', through: 'User', throughForeignKey: 'buyer_id' }],
  hasOneThrough: [{ model: 'Address', through: 'User' }],
  attributes: {
    name: {
      order: 1,
      unique: true,
      fillable: true,
      validation: {
        rule: schema.string().required().min(3).max(NAME_MAX),
        message: { min: 'A team has a longer name', max: `At most ${NAME_MAX} letters` },
      },
      factory: faker => faker.company.name(),
    },
    companyName: { fillable: true, required: false, validation: { rule: schema.string().maxLength(255) }, factory: faker => faker.company.name() },
    isPersonal: { fillable: true, default: false, validation: { rule: schema.boolean() }, factory: faker => faker.datatype.boolean() },
  },
  dashboard: { highlight: true, icon: 'users' },
} satisfies Model
