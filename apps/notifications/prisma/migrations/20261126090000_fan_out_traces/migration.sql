-- The span that planned the job, as W3C trace context: what the job does is shown in its trace.
alter table fan_out_jobs add column traceparent text;
