import { extendModel } from '@stacksjs/orm'
import { schema } from '@stacksjs/validation'
import Member from './Member'

export default extendModel(Member, {
  name: 'Librarian',
  table: 'librarians',
  belongsTo: ['Branch'],
  traits: { useSoftDeletes: true, useSocials: false },
  attributes: {
    password: { hidden: true, required: true, validation: { rule: schema.string().min(12) } },
    badge: { unique: true, validation: { rule: schema.string() } },
  },
})
