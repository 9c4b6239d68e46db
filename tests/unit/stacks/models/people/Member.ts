import { defineModel } from '@stacksjs/orm'
import { schema } from '@stacksjs/validation'

const model = defineModel({
  name: 'Member',
  table: 'members',
  traits: { authenticatable: { usePasskey: true }, useSocials: ['github'], seedable: { count: 5 }, searchable: true, useVersion: true },
  belongsToMany: {
    lists: {
      model: 'ReadingList',
      table: 'member_lists',
      foreignKey: 'member_id',
      relatedKey: 'list_id',
      pivot: {
        columns: { role: { default: 'reader', validation: { rule: schema.enum(['reader', 'editor']) } } },
        timestamps: true,
        uniques: [['member_id', 'list_id']],
      },
    },
  },
  morphOne: [{ model: 'Picture', morphName: 'pictured', type: 'picturedType', id: 'picturedId' }],
  attributes: {
    fullName: { fillable: true, validation: { rule: schema.string().required() }, factory: faker => faker.person.fullName() },
    email: { unique: true, casefold: true, fillable: true, validation: { rule: schema.string().email() }, factory: faker => faker.internet.email() },
    password: { hidden: true, cast: 'hashed', factory: () => 'secret' },
    isMinor: { default: false, validation: { rule: schema.boolean() }, factory: faker => faker.datatype.boolean(0.25) },
    joinedOn: { validation: { rule: schema.date() }, factory: () => new Date().toISOString() },
  },
})

export default model
