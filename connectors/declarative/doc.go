// Package declarative will run connectors that are one YAML file with its tests
// inside. The format is that of Airbyte's declarative manifests, as it is
// (declarative_component_schema.yaml), so that the files partners already have
// run here; none is shipped.
//
// Nothing of it is here yet. What it builds on is: a manifest becomes a
// connectors.Connector, its requests go through the client that the host gives,
// and it has to pass the suite of connectortest.
package declarative
