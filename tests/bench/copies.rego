# The plain rule 3-2-1 over an inventory that says of each copy where it is: counting, and nothing else.
package copies

import rego.v1

deny contains message if {
	some class in input.classes
	count(class.copies) < 3
	message := sprintf("%s has %d copies", [class.name, count(class.copies)])
}

deny contains message if {
	some class in input.classes
	count({copy.medium | some copy in class.copies}) < 2
	message := sprintf("%s is on one medium", [class.name])
}

deny contains message if {
	some class in input.classes
	count([copy | some copy in class.copies; copy.offsite]) < 1
	message := sprintf("%s has no copy off site", [class.name])
}
