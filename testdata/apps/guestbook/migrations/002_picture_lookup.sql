create index entries_picture_key on entries (picture_key) where picture_key <> '';
create index entries_thumbnail_key on entries (thumbnail_key) where thumbnail_key <> '';
create index entries_waiting on entries (id) where picture_state = 'waiting';
