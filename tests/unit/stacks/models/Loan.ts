import { schema } from '@stacksjs/validation'
import { today } from 'calendar'
import { shout } from './constants'

let days = 14

export default {
  name: 'Loan',
  belongsTo: [{ model: 'BookCopy', foreignKey: 'copy_id' }, 'Member'],
  indexes: [{ name: 'loans_open', columns: ['member_id'], where: 'returned_at IS NULL' }],
  attributes: {
    dueAt: { default: today(), validation: { rule: schema.unix() } },
    days: { default: days, validation: { rule: schema.number().max(7 * 4) } },
    label: { default: shout, validation: { rule: schema.string().matches(/^\p{Lu}/u) } },
    fine: { default: Math.max(1, 2) },
    state: { validation: { rule: schema.enum(Object.values({ a: 1 })) } },
    note: { factory: faker => `${faker.lorem.word()}!` },
  },
}
