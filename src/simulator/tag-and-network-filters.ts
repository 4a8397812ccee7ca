import { badRequest } from './answer.ts'
import { type Asset, describe } from './asset.ts'
import type { Estate } from './estate.ts'
import { type RequestObject, textOf, textsOf } from './request-body.ts'

type AssetTest = (asset: Asset) => boolean

export function readAssetTests(
  estate: Estate,
  request: RequestObject,
): { test: AssetTest; echo: Record<string, unknown> } {
  const tests: AssetTest[] = []
  const echo: Record<string, unknown> = {}
  const network = textOf(request, 'network_id')
  if (network !== undefined) {
    tests.push(asset => estate.tenant.networks[asset.network]!.uuid === network)
    echo.network_id = network
  }
  const cidr = textOf(request, 'cidr_range')
  if (cidr !== undefined) {
    const inside = cidrTest(cidr)
    tests.push(asset => inside(describe(estate.seed, asset).ipv4))
    echo.cidr_range = cidr
  }
  const tags = readTagTests(estate, request)
  tests.push(...tags.tests)
  if (Object.keys(tags.echo).length > 0) echo.tags = tags.echo
  return { test: asset => tests.every(test => test(asset)), echo }
}

/** `tag.<Category>`: values are alternatives, categories must all hold. */
export function readTagTests(
  estate: Estate,
  request: RequestObject,
): { tests: AssetTest[]; echo: Record<string, readonly string[]> } {
  const tests: AssetTest[] = []
  const echo: Record<string, readonly string[]> = {}
  for (const key of Object.keys(request)) {
    if (!key.startsWith('tag.')) continue
    const values = textsOf(request, key) ?? []
    const category = key.slice(4)
    let mask = 0
    estate.tenant.tags.forEach((tag, n) => {
      if (tag.category === category && values.includes(tag.value)) mask |= 1 << n
    })
    tests.push(asset => (asset.tags & mask) !== 0)
    echo[key] = values
  }
  return { tests, echo }
}

export function cidrTest(cidr: string): (ipv4: string) => boolean {
  const match = /^(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/.exec(cidr)
  if (match === null) throw badRequest('child "cidr_range" fails because ["cidr_range" must be a CIDR]')
  const bits = match[2] === undefined ? 32 : Number(match[2])
  const shift = 2 ** (32 - bits)
  const network = Math.floor(ipv4Number(match[1]!) / shift)
  return ipv4 => Math.floor(ipv4Number(ipv4) / shift) === network
}

function ipv4Number(ipv4: string): number {
  return ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
