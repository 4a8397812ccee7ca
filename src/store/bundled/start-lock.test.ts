import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, test } from 'vitest'
import { withStartLock } from './start-lock.ts'
import { makeRoom, until } from './starters.fixture.ts'

const room = makeRoom()
const file = join(room.path, 'lock')
afterAll(() => room.remove())

test('two in one process take turns', async () => {
  const order: string[] = []
  const enter = (name: string): Promise<void> =>
    withStartLock(file, {}, async () => {
      order.push(`${name} in`)
      await new Promise(resolve => setTimeout(resolve, 50))
      order.push(`${name} out`)
    })
  await Promise.all([enter('a'), enter('b')])
  // Whoever is first: nobody is in while the other is.
  const first = order[0]?.startsWith('a') ? ['a in', 'a out'] : ['b in', 'b out']
  expect(order).toEqual([...first, ...['a in', 'a out', 'b in', 'b out'].filter(one => !first.includes(one))])
})

test('a process that is killed with the lock in its hand leaves it free at once', async () => {
  const module = join(import.meta.dirname, 'start-lock.ts')
  const sign = join(room.path, 'held')
  const program = `
    const { withStartLock } = await import(${JSON.stringify(module)})
    const { writeFileSync } = await import('node:fs')
    await withStartLock(${JSON.stringify(file)}, {}, async () => {
      writeFileSync(${JSON.stringify(sign)}, '')
      await new Promise(resolve => setTimeout(resolve, 60_000))
    })`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  await until(() => existsSync(sign))
  let waits = 0
  const entering = withStartLock(file, { onWait: () => void waits++ }, async () => 'in')
  await until(() => waits === 1)
  holder.kill('SIGKILL')
  expect(await entering).toBe('in')
  expect(waits).toBe(1)
  // It is the kernel's lock, not what is in the file.
  expect(readFileSync(file, 'utf8')).toBe('')
})

test('waiting ends when it is called off, and when it has taken too long', async () => {
  await withStartLock(file, {}, async () => {
    const calledOff = withStartLock(file, { signal: AbortSignal.timeout(50) }, async () => 'in')
    await expect(calledOff).rejects.toMatchObject({ code: 'cancelled' })
    const tooLong = withStartLock(file, { waitMs: 50 }, async () => 'in')
    await expect(tooLong).rejects.toMatchObject({
      code: 'start_lock',
      message: expect.stringContaining('for too long'),
    })
  })
})

test('a folder that is not there is named', async () => {
  const missing = join(room.path, 'missing', 'lock')
  await expect(withStartLock(missing, {}, async () => 'in')).rejects.toThrow(missing)
})
