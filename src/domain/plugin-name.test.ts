import { expect, test } from 'vitest'
import { pluginName } from './plugin-name.ts'

const cases = [
  { name: 'Chrome &lt; 120.0 &amp; Edge', shown: 'Chrome < 120.0 & Edge' },
  { name: 'twice &amp;lt; is not taken twice', shown: 'twice &lt; is not taken twice' },
  { name: '&lt;script&gt;', shown: '<script>' },
  { name: 'AT&T &unknown; R&D', shown: 'AT&T &unknown; R&D' },
  { name: '', shown: 'Plugin 7' },
  { name: null, shown: 'Plugin 7' },
]
for (const { name, shown } of cases) test(`${name} is shown as ${shown}`, () => expect(pluginName(name, 7)).toBe(shown))
