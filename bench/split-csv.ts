import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { textOf } from '../src/connectors/files/text.ts'
import { CsvSplitter } from '../src/connectors/formats/csv-records.ts'

// `node bench/split-csv.ts ours|csv-parse FILE`: splits a file into cells and no more, side by side.

const [by, path = ''] = process.argv.slice(2)
const input = createReadStream(path, { highWaterMark: 1 << 18 })
const from = performance.now()
let records = 0
let cells = 0
if (by === 'ours') {
  const splitter = new CsvSplitter(',')
  for await (const piece of textOf(input, 'utf-8')) {
    for (const record of splitter.push(piece)) {
      records += 1
      cells += record.cells.length
    }
  }
  for (const record of splitter.end()) {
    records += 1
    cells += record.cells.length
  }
} else {
  for await (const record of input.pipe(parse({ bom: true, relax_quotes: true, relax_column_count: true }))) {
    records += 1
    cells += (record as string[]).length
  }
}
const { user, system } = process.cpuUsage()
const seconds = (performance.now() - from) / 1000
console.log(JSON.stringify({ records, cells, seconds, cpuSeconds: (user + system) / 1e6 }))
