-- Which copies of this service the processes that share a cache may believe. A change whose copies could not be removed
-- begins a new epoch, switched off; `off_since` is null while the cache is in use.
create table cache_epoch (
  single    boolean     primary key default true check (single),
  epoch     bigint      not null default 1,
  off_since timestamptz
);
insert into cache_epoch default values;
