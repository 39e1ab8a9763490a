/** deploy/kubernetes.yaml against what the image and the encoder need. Whether Kubernetes takes it, only Kubernetes says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseEncoderConfig } from '../../encoder/config.ts';
import { HAND_BACK_MS } from '../../encoder/lease/held-task.ts';
import { slotsOf } from '../../encoder/machine/capacity.ts';
import { parsePairs, parseStages } from '../../scripts/dockerfile.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const documents = parseAllDocuments(readFileSync(path('deploy/kubernetes.yaml'), 'utf8'));
const [deployment, scaler] = documents.map((document) => document.toJS());
const pod = deployment.spec.template.spec;
const [encoder] = pod.containers;
const image = parseStages(readFileSync(path('encoder/Dockerfile'), 'utf8')).at(-1)?.instructions ?? [];
const textOf = (keyword: string) => image.find((one) => one.keyword === keyword)?.text ?? '';

test('two documents, without errors or warnings', () => {
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  expect([deployment.kind, scaler.kind]).toEqual(['Deployment', 'ScaledObject']);
});

test('the pod may do nothing but encode', () => {
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`).toBe(textOf('USER'));
  expect(encoder.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

test('the one place that is written is a volume, and the probe is the health check of the image', () => {
  const volumes = JSON.parse(textOf('VOLUME'));
  expect(encoder.volumeMounts.map((mount: { mountPath: string }) => mount.mountPath)).toEqual(volumes);
  expect(pod.volumes.map((volume: { name: string }) => volume.name)).toEqual(
    encoder.volumeMounts.map((mount: { name: string }) => mount.name),
  );
  expect(textOf('HEALTHCHECK').endsWith(`CMD ${encoder.livenessProbe.exec.command[2]}`)).toBe(true);
  expect(parsePairs(textOf('ENV'))['HEALTH_FILE']).toBe('/scratch/health');
});

const envOf = (name: string) => encoder.env.find((one: { name: string }) => one.name === name).value;

test('an encoder has handed back what it cannot finish before it is killed', () => {
  const { DRAIN_SECONDS } = parseEncoderConfig({
    SLUICE_URL: 'https://sluice.example',
    ENCODER_TOKEN: 'x'.repeat(32),
    DRAIN_SECONDS: envOf('DRAIN_SECONDS'),
  });
  const grace = pod.terminationGracePeriodSeconds;
  expect(DRAIN_SECONDS + HAND_BACK_MS / 1000).toBeLessThan(grace);
  expect(DRAIN_SECONDS).toBeGreaterThan(0.9 * grace);
  // The documented docker command gives as long, for the same.
  const page = readFileSync(path('docs/operations/encoders.md'), 'utf8');
  const [, command = ''] = /^(docker run (?:.*\\\n)*.*)$/m.exec(page) ?? [];
  expect(command).toContain(`--stop-timeout ${grace} `);
  expect(command).toContain(`-e DRAIN_SECONDS=${DRAIN_SECONDS} `);
});

test('the slots of a pod are what its limits allow', () => {
  const { cpu, memory } = encoder.resources.limits;
  const memoryBytes = Number(/^(\d+)Gi$/.exec(memory)?.[1]) * 1024 ** 3;
  expect(Number(envOf('ENCODER_SLOTS'))).toBe(slotsOf({ cores: Number(cpu), memoryBytes }));
});

test('an encoder knows how much disk it may fill before its pod is evicted', () => {
  const { limits, requests } = encoder.resources;
  expect(encoder.env.find((one: { name: string }) => one.name === 'WORK_BYTES').valueFrom).toEqual({
    resourceFieldRef: { resource: 'limits.ephemeral-storage' },
  });
  expect(requests['ephemeral-storage']).toBe(limits['ephemeral-storage']);
  expect(pod.volumes[0].emptyDir).toEqual({ sizeLimit: limits['ephemeral-storage'] });
});

test('the scaler counts open tasks by the slots of a pod and leaves replicas to itself', () => {
  const slots = envOf('ENCODER_SLOTS');
  const [trigger] = scaler.spec.triggers;
  expect(scaler.spec.scaleTargetRef.name).toBe(deployment.metadata.name);
  expect(deployment.spec.replicas).toBeUndefined();
  expect(trigger.metadata.threshold).toBe(slots);
  // The series of src/ops/metrics-routes.ts.
  expect(trigger.metadata.query).toBe('sum(max by (state) (sluice_tasks{state=~"waiting|leased"}))');
  expect(deployment.spec.selector.matchLabels).toEqual(deployment.spec.template.metadata.labels);
});
