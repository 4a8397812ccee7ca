import { describe, expect, test } from 'vitest'
import { checkPassword, hashPassword, verifyPassword } from './passwords.ts'

const cases = [
  { name: 'a sentence', password: 'seven quiet herons wade', isGood: true },
  { name: 'twelve letters that mean nothing', password: 'vkzqmpwrtxbn', isGood: true },
  { name: 'other alphabets count as letters', password: 'семь тихих цапель', isGood: true },
  { name: 'too short', password: 'vkzqmpwrtxb', isGood: false },
  { name: 'too long', password: 'vk zq'.repeat(60), isGood: false },
  { name: 'a word with digits', password: 'Password12345', isGood: false },
  { name: 'a word twice', password: 'WelcomeWelcome1!', isGood: false },
  { name: 'a row of keys', password: 'qwertyuiopasdf', isGood: false },
  { name: 'digits in a row', password: '123456789012', isGood: false },
  { name: 'the same again and again', password: 'abc123abc123', isGood: false },
  { name: 'few different characters', password: 'aabbaabbabab', isGood: false },
  { name: 'the user name', password: 'alice@example.com', isGood: false },
]

describe('a password', () => {
  for (const { name, password, isGood } of cases) {
    test(`${name} is ${isGood ? 'taken' : 'refused'}`, () => {
      const check = () => checkPassword(password, 'Alice@Example.com')
      if (isGood) expect(check).not.toThrow()
      else expect(check).toThrow(expect.objectContaining({ code: 'weak_password' }))
    })
  }

  test('is kept as argon2id with a salt of its own, and known again however it is composed', async () => {
    const [one, other] = await Promise.all([hashPassword('café au lait noir'), hashPassword('café au lait noir')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(other)
    expect(await verifyPassword(one, 'café au lait noir')).toBe(true)
    expect(await verifyPassword(one, 'cafe au lait noir')).toBe(false)
  })

  test('of nobody is never right', async () => {
    expect(await verifyPassword(null, 'anything at all')).toBe(false)
  })
})
