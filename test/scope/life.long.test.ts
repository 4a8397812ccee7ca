import { test } from 'vitest'
import { checkCourses } from './course.ts'

test('after any of many courses of narrowing, widening, life and reading the truth within the last scope counts, and no more', async () => {
  await checkCourses(60)
}, 3_600_000)
