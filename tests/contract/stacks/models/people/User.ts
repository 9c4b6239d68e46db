import { defineModel } from '@stacksjs/orm'
import { makeHash } from '@stacksjs/security'
import { schema } from '@stacksjs/validation'

export default defineModel({
  name: 'User', // whoever has an account
  table: 'users',
  primaryKey: 'id',
  autoIncrement: true,
  indexes: [
    { name: 'users_team_role', columns: ['team_id', 'role'] },
    { name: 'users_role_name', columns: ['role', 'name'] },
  ],
  traits: {
    useAuth: { usePasskey: true },
    useUuid: true,
    useTimestamps: true,
    useSocials: ['github'],
    useSearch: { displayable: ['id', 'name'], searchable: ['name'], sortable: ['created_at'], filterable: [] },
    useSeeder: { count: 10 },
    useApi: { uri: 'users', routes: ['index', 'show'], middleware: ['auth'] },
    observe: true,
  },
  belongsTo: ['Team'],
  hasOne: ['Address'],
  hasMany: {
    orders: { model: 'Order', foreignKey: 'buyer_id', onDelete: 'cascade', orderBy: '-placedAt' },
    posts: { model: 'Post', foreignKey: 'author_id' },
  },
  morphOne: [{ model: 'Picture', morphName: 'picturable' }],
  attributes: {
    name: {
      order: 1,
      fillable: true,
      validation: {
        rule: schema.string().required().min(3).max(255),
        message: { min: 'Name must have a minimum of 3 characters' },
      },
      factory: faker => faker.person.fullName(),
    },
    email: {
      order: 2,
      unique: true,
      fillable: true,
      validation: { rule: schema.string().email().required(), message: { email: 'Email must be a valid email address' } },
      factory: faker => faker.internet.email(),
    },
    password: {
      order: 3,
      hidden: true,
      fillable: true,
      validation: { rule: schema.string().required().min(6).max(255) },
      factory: () => '123456',
    },
    role: {
      default: 'customer',
      fillable: true,
      validation: { rule: schema.enum(['customer', 'clerk', 'admin'] as const).required() },
      factory: faker => faker.helpers.arrayElement(['customer', 'clerk', 'admin']),
    },
    age: { fillable: true, nullable: true, validation: { rule: schema.number().min(13).max(130) }, factory: faker => faker.number.int({ min: 18, max: 90 }) },
    settings: { fillable: true, default: { theme: 'dark', tags: [] }, validation: { rule: schema.json() } },
    isBanned: { guarded: true, default: false, validation: { rule: schema.boolean() } },
  },
  get: {
    greeting: (attributes: any) => `Dear ${attributes.name}`,
  },
  set: {
    password: async (attributes: any) => {
      return await makeHash(attributes.password, { algorithm: 'bcrypt' })
    },
  },
} as const)
