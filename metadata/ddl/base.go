package ddl

import (
	"fmt"
	"regexp"

	"github.com/trellishq/trellis"
)

var slugShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Schema names the schema of a workspace.
func Schema(slug string) (string, error) {
	if !slugShape.MatchString(slug) {
		return "", trellis.Errorf(trellis.CodeInvalidInput, "a workspace's slug starts with a small letter and has at most 40 small letters, digits and _, as in main")
	}
	return "ws_" + slug, nil
}

// Base makes a workspace's schema, and afterwards its tables that are not
// objects: who is in which team, who works below whom, and which record is
// shared with whom. Run it around the plan of the first definition, which makes
// the tables that these refer to.
func Base(schema string) (before, after []Step) {
	before = []Step{{Kind: CreateSchema, Phase: Within, Lock: NoLock, Online: true, SQL: "CREATE SCHEMA " + quote(schema)}}
	q := func(name string) string { return quote(schema) + "." + quote(name) }
	create := func(kind Kind, format string, args ...any) {
		after = append(after, Step{Kind: kind, Phase: Within, Lock: NoLock, Online: true, SQL: fmt.Sprintf(format, args...)})
	}
	create(CreateTable, `CREATE TABLE %s (
	"team_id" uuid NOT NULL REFERENCES %s (id),
	"user_id" uuid NOT NULL REFERENCES %s (id),
	CONSTRAINT "team_member__pkey" PRIMARY KEY ("team_id", "user_id")
)`, q("team_member"), q("team"), q("user"))
	create(CreateIndex, `CREATE INDEX "team_member__user_id__idx" ON %s ("user_id", "team_id")`, q("team_member"))
	create(CreateTable, `CREATE TABLE %s (
	"manager_id" uuid NOT NULL REFERENCES %s (id),
	"user_id" uuid NOT NULL REFERENCES %s (id),
	"depth" integer NOT NULL,
	CONSTRAINT "role_closure__pkey" PRIMARY KEY ("manager_id", "user_id")
)`, q("role_closure"), q("user"), q("user"))
	create(CreateIndex, `CREATE INDEX "role_closure__user_id__idx" ON %s ("user_id", "manager_id")`, q("role_closure"))
	create(CreateTable, `CREATE TABLE %s (
	"object" text COLLATE "C" NOT NULL,
	"record_id" uuid NOT NULL,
	"principal" text COLLATE "C" NOT NULL,
	"access" text COLLATE "C" NOT NULL CHECK ("access" IN ('read', 'write')),
	"cause" text COLLATE "C" NOT NULL,
	CONSTRAINT "record_share__pkey" PRIMARY KEY ("object", "record_id", "principal", "cause")
)`, q("record_share"))
	create(CreateIndex, `CREATE INDEX "record_share__principal__idx" ON %s ("object", "principal", "record_id")`, q("record_share"))
	return before, after
}
