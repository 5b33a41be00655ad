/** A configuration with every key. */
export const EVERY_KEY = `apiVersion: dso-gitops.dev/v1alpha1
kind: Configuration
owner: platform
source:
  files:
    - hub
    - more/**/*.yaml
members:
  directories: clusters
destinations:
  - name: fleet
    match:
      namespaces: [shop]
      labels:
        team: shop
      members: [member-1]
    repository: https://git.example.com/fleet.git
    branch: main
    createBranch: true
    partialClone: true
    root: scaling
    path: members/{member}/{namespace}/{name}
    layout: helm-values
    helmValuesKey: web.replicaCount
    author:
      name: Scaling Bot
      email: bot@example.com
    credentials:
      username: bot
      tokenEnvironment: FLEET_TOKEN
      caFile: ca.pem
    signing:
      format: openpgp
      keyFile: keys/secret.asc
      passphraseFile: keys/passphrase
    proxy: http://proxy.example.com:3128
    pacing:
      minInterval: 1m30s
  - repository: ssh://git@git.example.com/other.git
    credentials:
      sshKeyFile: ~/.ssh/id_ed25519
      knownHostsFile: known_hosts
    signing:
      format: ssh
      keyFile: ~/.ssh/id_sign
      passphraseEnvironment: SIGNING_PASSPHRASE
templates: templates
firstSight: write
demand:
  rampUp: hpa
  tolerance: 0.05
workloads:
  - apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    replicasPath: /spec/replicas
`;
