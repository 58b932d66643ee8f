# assemble.sh OUTPUT MANIFEST SERVICES-FOLDER RS: a boot archive of the services that the manifest names, with RS as rs.
set -eu
output=$1 manifest=$2 services=$3 rs=$4
stage=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/services"
cp "$manifest" "$stage/manifest"
cp "$services/root" "$stage/root"
for service in $(sed -n 's/^service[[:space:]]\{1,\}//p' "$manifest"); do
	cp "$services/$service" "$stage/services/$service"
done
cp "$services/$rs" "$stage/services/rs"
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$stage" -cf "$output" root manifest services
