package graphql

import (
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// binding says what a field of the schema stands for. Each field definition of
// the schema has one; the names in the schema are for people alone.
type binding struct {
	what     what
	object   *objectSight // of records: whose; of roots: which
	field    *metadata.Field
	relation *metadata.Relation
	member   string         // of a file
	part     expr.Part      // of fields of composite types
	fn       expr.Aggregate // groupMeasures
}

type what uint8

const (
	// Root fields.
	rootOne what = iota + 1
	rootMany
	rootCreate
	rootCreateMany
	rootUpdate
	rootUpsertMany
	rootDelete
	rootRestore
	rootBatch
	rootUpdateWhere
	rootDeleteWhere
	rootSearch
	rootNothing
	rootSchema
	rootType

	// Fields of records.
	recordValue
	recordComposite
	recordRef // a polymorphic lookup
	recordFiles
	fileMember
	refRecord // the record it refers to, of one of its targets
	recordLookup
	recordList

	// partOf is a part of a field of several parts.
	partOf

	// Fields of connections, edges, page information.
	listNodes
	listEdges
	listPageInfo
	listTotal
	listGroups
	listGroupCount
	edgeNode
	edgeCursor
	pageHasNext
	pageHasPrevious
	pageStart
	pageEnd

	// Fields of groups.
	groupKey
	groupKeyField
	groupCount
	groupDistinct
	groupMeasures
	groupMeasure
	groupMoney

	// Fields of records that a search finds.
	hitObject
	hitID
	hitTitle
	hitField
	hitValue

	// Fields of payloads.
	payloadRecord
	payloadID
	payloadErrors
	payloadResults
	resultIndex
	resultRef
	batchRecord // the record of its object, null when another object was written

	errorCode
	errorPath
	errorMessage

	// typeName is __typename of any type.
	typeName
	// introspection is any field of the introspection types; it goes by name.
	introspection
)
