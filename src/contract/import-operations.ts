import {
  ImportApply,
  ImportChange,
  ImportPage,
  ImportPlanPage,
  ImportRejectedPage,
  ImportUpload,
  ImportView,
  importKey,
  importListQuery,
  importQuery,
  importRejectedQuery,
  importRowQuery,
  StagingAnswer,
} from './imports.ts'
import { json, noQuery, problems } from './operation-parts.ts'

const settled = 'The import; a large one goes on, and its own path shows how far it is.'

/** Files of findings: brought, looked at, applied, undone. */
export const importOperations = {
  listImports: {
    role: 'viewer',
    summary: 'The imports of files, newest first',
    tags: ['imports'],
    query: importListQuery,
    responses: { 200: json(ImportPage), ...problems() },
  },
  createImport: {
    role: 'operator',
    summary: 'Bring a file: CSV of any known kind or .nessus, packed or not; nothing is changed yet',
    description:
      'The body is the file (application/octet-stream), or a form with the field file and the same fields as the query. It is written to disk as it comes, read, and compared with what is known.',
    tags: ['imports'],
    query: importQuery,
    body: ImportUpload,
    isBodyOptional: true,
    upload: ['application/octet-stream', 'multipart/form-data'],
    responses: { 202: json(ImportView, settled), ...problems(404, 409, 413, 415, 422) },
  },
  getImport: {
    role: 'viewer',
    summary: 'One import: what it would do, or did',
    tags: ['imports'],
    params: importKey,
    query: noQuery,
    responses: { 200: json(ImportView), ...problems(404) },
  },
  listImportRows: {
    role: 'viewer',
    summary: 'What an import does to each finding, and why',
    tags: ['imports'],
    params: importKey,
    query: importRowQuery,
    responses: { 200: json(ImportPlanPage), ...problems(404) },
  },
  listImportRejected: {
    role: 'viewer',
    summary: 'The rows of a file that could not be read',
    tags: ['imports'],
    params: importKey,
    query: importRejectedQuery,
    responses: { 200: json(ImportRejectedPage), ...problems(404) },
  },
  changeImport: {
    role: 'operator',
    summary: 'Declare what the file covers; the preview is made anew',
    tags: ['imports'],
    params: importKey,
    query: noQuery,
    body: ImportChange,
    responses: { 200: json(ImportView), ...problems(404, 409, 413, 415, 422) },
  },
  applyImport: {
    role: 'operator',
    summary: 'Apply an import, if it still does what its preview says',
    description:
      'The numbers are worked out anew, under a lock; when they moved, the answer is 409 and nothing is done.',
    tags: ['imports'],
    params: importKey,
    query: noQuery,
    body: ImportApply,
    responses: { 202: json(ImportView, settled), ...problems(404, 409, 413, 415, 422) },
  },
  undoImport: {
    role: 'operator',
    summary: 'Take an import back where nothing has happened since; the rest is listed',
    tags: ['imports'],
    params: importKey,
    query: noQuery,
    responses: { 202: json(ImportView, settled), ...problems(404, 409, 422) },
  },
  abandonImport: {
    role: 'operator',
    summary: 'Drop an import that was not applied',
    tags: ['imports'],
    params: importKey,
    query: noQuery,
    responses: { 200: json(ImportView), ...problems(404, 409) },
  },
  stageOlderImport: {
    role: 'operator',
    summary: 'The same for programs that spoke to HexTrackr: csvFile, vendor, scanDate, sessionId',
    description:
      'A file without rows that could not be read is applied at once, as these programs expect; others wait for a person. Nothing closes: declare the scope on the import instead.',
    tags: ['imports'],
    query: noQuery,
    body: ImportUpload,
    isBodyOptional: true,
    upload: ['multipart/form-data'],
    responses: { 202: json(StagingAnswer, settled), ...problems(404, 409, 413, 415, 422) },
  },
} as const
