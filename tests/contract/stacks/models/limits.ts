// What several models of the shop share.
export const NAME_MAX = 80
export const SKU = /^[A-Z]{2}-\d{4}$/
export const ORDER_STATES = ['open', 'paid', 'sent'] as const
export const PRICE = { least: 0, most: 9999.5 }
