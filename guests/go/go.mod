module tribunal/guests

go 1.26

// The fault-proof VM has no prctl, by which the runtime would name its mappings.
godebug decoratemappings=0
