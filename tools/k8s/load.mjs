// Brings images of this machine into the cluster: `node tools/k8s/load.mjs IMAGE…`.
import { load } from './images.mjs';

const images = process.argv.slice(2);
await load(images, images);
