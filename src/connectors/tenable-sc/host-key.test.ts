import { expect, test } from 'vitest'
import { hostKeyOf } from './host-key.ts'

const record = { ip: '10.0.0.1', dnsName: 'Web.Example.com', uuid: '', hostUUID: '', netbiosName: '', macAddress: '' }

const cases = [
  {
    name: 'by address and name, as older versions say it',
    wire: { ...record, uniqueness: 'repositoryID,ip,dnsName' },
    nativeId: 'repositoryID=1|ip=10.0.0.1|dnsName=web.example.com',
    aliases: ['repositoryID=1|ip=10.0.0.1|dnsName=web.example.com'],
  },
  {
    name: 'by the agent, and known by address and name too',
    wire: { ...record, uuid: 'AB12', hostUniqueness: 'repositoryID,uuid' },
    nativeId: 'repositoryID=1|uuid=ab12',
    aliases: ['repositoryID=1|uuid=ab12', 'repositoryID=1|ip=10.0.0.1|dnsName=web.example.com'],
  },
  {
    name: 'by address and name, though it has an agent: that one goes first among the aliases',
    wire: { ...record, uuid: 'ab12', hostUniqueness: 'repositoryID,ip,dnsName' },
    nativeId: 'repositoryID=1|ip=10.0.0.1|dnsName=web.example.com',
    aliases: ['repositoryID=1|uuid=ab12', 'repositoryID=1|ip=10.0.0.1|dnsName=web.example.com'],
  },
  {
    name: 'by what it has, when the record does not say by what',
    wire: { ...record, dnsName: '' },
    nativeId: 'repositoryID=1|ip=10.0.0.1|dnsName=',
    aliases: ['repositoryID=1|ip=10.0.0.1|dnsName='],
  },
  {
    name: 'by what it has, when it is by a field that we do not know',
    wire: { ...record, uuid: 'ab12', hostUniqueness: 'repositoryID,somethingNew' },
    nativeId: 'repositoryID=1|uuid=ab12',
    aliases: ['repositoryID=1|uuid=ab12', 'repositoryID=1|ip=10.0.0.1|dnsName=web.example.com'],
  },
] as const

test.each(cases)('a host is named $name', ({ wire, nativeId, aliases }) => {
  expect(hostKeyOf(wire, '1')).toEqual({ nativeId, aliases })
})

test('a name that looks like another field stays one name', () => {
  const key = hostKeyOf({ ...record, dnsName: 'a|uuid=b', hostUniqueness: 'repositoryID,ip,dnsName' }, '1')
  expect(key?.nativeId).toBe('repositoryID=1|ip=10.0.0.1|dnsName=a%7Cuuid%3Db')
})

test('a record without any name names no host', () => {
  expect(hostKeyOf({ ip: '', uuid: '', dnsName: '' }, '1')).toBeUndefined()
})
