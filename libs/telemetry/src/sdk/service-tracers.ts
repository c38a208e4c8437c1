import type { Tracer, TracerProvider } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider as SdkTracerProvider, type TracerProviderOptions } from '@opentelemetry/sdk-trace';

type Options = TracerProviderOptions & Required<Pick<TracerProviderOptions, 'resource'>>;

/** A tracer provider per service, because `service.name` belongs to the provider. All share the span processors. */
export class ServiceTracers implements TracerProvider {
  private readonly providers = new Map<string, SdkTracerProvider>();

  constructor(private readonly options: Options) {}

  getTracer(service: string): Tracer {
    let provider = this.providers.get(service);
    if (!provider) {
      const resource = this.options.resource.merge(resourceFromAttributes({ 'service.name': service }));
      provider = new SdkTracerProvider({ ...this.options, resource });
      this.providers.set(service, provider);
    }
    return provider.getTracer('twofold');
  }
}
