package trytontest

// country is one of those made when a database is prepared.
type country struct{ Code, Name string }

var countries = []country{
	{"CN", "China"}, {"US", "United States"}, {"DE", "Germany"}, {"FR", "France"}, {"GB", "United Kingdom"},
	{"JP", "Japan"}, {"SG", "Singapore"}, {"AU", "Australia"},
}
