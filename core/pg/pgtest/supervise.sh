# Runs the PostgreSQL given by $2… until nobody holds the lock file $1 any more.
# Test processes hold it shared. The server is told to stop by the kernel should
# this shell be killed.
lock=$1
shift
setpriv --pdeathsig INT "$@" &
server=$!
exec 9<"$lock"
flock --exclusive 9
# From here until the end of this shell nobody can join.
kill -INT "$server"
wait "$server"
