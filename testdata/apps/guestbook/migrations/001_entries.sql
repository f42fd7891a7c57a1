create table entries (
    id            bigint generated always as identity primary key,
    name          text        not null check (name <> ''),
    message       text        not null check (message <> ''),
    picture_key   text        not null default '',
    thumbnail_key text        not null default '',
    picture_state text        not null default 'none' check (picture_state in ('none', 'waiting', 'ready', 'broken')),
    signed_at     timestamptz not null default now()
);
