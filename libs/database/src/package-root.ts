export { packageRoot } from '#telemetry';
