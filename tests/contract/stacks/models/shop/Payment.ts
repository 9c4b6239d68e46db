import type { Model } from '@stacksjs/types'
import { schema as s } from '@stacksjs/validation'

export default {
  name: 'Payment',
  table: 'payments',
  belongsTo: ['Order'],
  traits: { timestampable: true, useVersion: true },
  indexes: [{ name: 'payments_reference', columns: ['provider', 'reference'], unique: true }],
  attributes: {
    orderId: { fillable: true, required: true, validation: { rule: s.string() } },
    provider: { fillable: true, required: true, validation: { rule: s.enum(['card', 'bank']) } },
    reference: { fillable: true, required: true, validation: { rule: s.string().min(4).max(40) } },
    amount: { fillable: true, required: true, validation: { rule: s.number().min(1) } },
    paidAt: { fillable: true, validation: { rule: s.unix() } },
  },
} satisfies Model
