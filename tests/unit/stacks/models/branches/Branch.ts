import type { Model } from '@stacksjs/types'
import * as shared from '../constants'

const Branch: Model = {
  name: 'Branch',
  table: 'branches',
  hasMany: { Copies: 'BookCopy', staff: { model: 'Librarian', foreignKey: 'workplaceId' } },
  hasManyThrough: [{ model: 'Loan', through: 'BookCopy', foreignKey: 'branch_id', throughForeignKey: 'copy_id' }],
  casts: { openingHours: 'json', createdAt: 'datetime', unknown: 'array' },
  ownership: { column: 'owner_id' },
  authedFill: ['owner_id'],
  attributes: {
    name: { fillable: true, default: 'Branch', rules: ['required', 'min:2', 'alpha_num'] },
    openingHours: {},
    maxLoans: { default: shared.LIMITS.loans, validation: { rule: 'integer|between:1,12' } },
    postcode: { validation: { rule: 'regex:/^[A-Z]{2}|X$/i|required' } },
  },
}

export default Branch
