-- Calls that made something, by the key that their caller gave them, so that a repeated call makes it once.

create table idempotency_key (
  user_id integer not null references app_user on delete cascade,
  key_hash bytea not null,
  operation text not null,
  request_hash bytea not null,
  claim_id uuid not null,
  claimed_until timestamptz not null,
  status integer check (status between 200 and 299),
  answer json,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (user_id, key_hash)
);
comment on table idempotency_key is 'one call that carried an Idempotency-Key, for a day: a repeated one gets the answer of the first';
comment on column idempotency_key.key_hash is 'SHA-256 of the key, which is kept nowhere';
comment on column idempotency_key.request_hash is 'HMAC of what was asked under the key itself: nobody who reads this can try passwords against it';
comment on column idempotency_key.claim_id is 'the call that works on it; another cannot write its answer';
comment on column idempotency_key.claimed_until is 'put forward while the call goes on; past without a status: its server died, and nobody knows what it did';
comment on column idempotency_key.status is 'null while the first call goes on';
comment on column idempotency_key.answer is 'null when the answer held a secret that is shown once';
create index idempotency_key_expires_at_idx on idempotency_key (expires_at);
