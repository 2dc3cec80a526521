import { describe, expect, inject, test } from 'vitest'
import { logout } from './logout.js'

const url = inject('url')
// A situation of the contract, by its name: the mock answers as the service would.
const when = (situation) => ({ headers: { Prefer: `example=${situation}` } })

describe('logout', () => {
  test('goes to the login page', async () => {
    expect(await logout(url, 'abc')).toBe('/login')
  })

  test('can close every session', async () => {
    expect(await logout(url, 'abc', { everywhere: true })).toBe('/login')
  })

  test('takes a session that is closed already for a success', async () => {
    expect(await logout(url, 'abc', when('already_closed'))).toBe('/login')
  })

  test('says how long to wait when there were too many attempts', async () => {
    await expect(logout(url, 'abc', when('rate_limited'))).rejects.toThrow(/Intente de nuevo en \d+ s/)
  })

  test('shows what the server says when it fails', async () => {
    await expect(logout(url, 'abc', when('internal_error'))).rejects.toThrow('Error inesperado del servidor')
  })

  test('sends what the contract allows, and nothing else', async () => {
    const wrong = await fetch(`${url}/api/v1/auth/logout`, {
      method: 'POST',
      headers: { Authorization: 'Bearer abc', 'Content-Type': 'application/json' },
      body: JSON.stringify({ logoutAll: 'yes' }),
    })
    expect(wrong.status).toBe(400)
    expect(JSON.parse(wrong.headers.get('mock-violations'))).toMatchObject([{ pointer: '/logoutAll', rule: 'type' }])
  })
})
