#!/usr/bin/env bash
# serve.sh BINARIES PORT: the reference's API server over etcd, in the current folder, until it is ended.
# Leaves kubeconfigs for `admin`, `manager` and `scheduler`, the key of service accounts, and `audit.log`.
set -euo pipefail
binaries=$1 port=$2
etcd_port=$((port + 1)) peer_port=$((port + 2))
folder=$PWD

key() { openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"; }
certificate() { # NAME SUBJECT EXTENSIONS
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 9 -out "$1.crt" -extfile <(printf '%b' "$3")
}
kubeconfig() { # NAME SUBJECT
  certificate "$1" "$2" "extendedKeyUsage=clientAuth"
  cat > "$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: reference, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$folder/ca.crt"}}]
users: [{name: user, user: {client-certificate: "$folder/$1.crt", client-key: "$folder/$1.key"}}]
contexts: [{name: reference, context: {cluster: reference, user: user}}]
current-context: reference
YAML
}

key ca
openssl req -x509 -new -key ca.key -subj /CN=kubernetes -days 9 -out ca.crt
openssl genrsa -out accounts.key 2048
openssl rsa -in accounts.key -pubout -out accounts.pub
certificate server /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:10.96.0.1\nextendedKeyUsage=serverAuth"
kubeconfig admin /O=system:masters/CN=admin
kubeconfig manager /CN=system:kube-controller-manager
kubeconfig scheduler /CN=system:kube-scheduler

client=http://127.0.0.1:$etcd_port peer=http://127.0.0.1:$peer_port
etcd --data-dir etcd --listen-client-urls "$client" --advertise-client-urls "$client" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" 2> etcd.log &
etcd=$!
# The advertised address is from a block for documentation: nobody is ever sent there.
"$binaries/kube-apiserver" --etcd-servers="$client" --secure-port="$port" --bind-address=127.0.0.1 \
  --advertise-address=192.0.2.1 --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
  --authorization-mode=Node,RBAC --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file=accounts.pub --service-account-signing-key-file=accounts.key \
  --service-cluster-ip-range=10.96.0.0/16 --audit-policy-file="$(dirname "${BASH_SOURCE[0]}")/audit-policy.yaml" \
  --audit-log-path=audit.log 2> apiserver.log &
server=$!
trap 'kill $server; wait $server; kill $etcd' TERM
wait $server
