# Runs the portal's database server, and stops it once nobody holds the lease any more.
#   guardian.sh start SIGNAL LINGER POSTGRES ARGUMENT...   starts a server and guards it
#   guardian.sh adopt SIGNAL LINGER PROCESS                guards a server that runs already
# The working directory is the cluster's, the user is the server's.
task=$1 signal=$2 linger=$3
shift 3
umask 077

# Held until the last process here has gone; whoever finds it free knows that nobody guards the server.
# Waits a moment because a portal that has just looked may still hold it.
exec 9>>guardian.lock
flock -w 2 9
case $? in 0) ;; 127) exit 127 ;; *) exit 75 ;; esac
command -v setsid >/dev/null || exit 127
# A system that stops takes everybody down with TERM at once, but the server still needs a guardian.
trap : HUP INT TERM

# A server that has ended but was not collected by its parent is in state Z: gone as well.
alive='alive() { read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]; }
'
eval "$alive"

# The exclusive lock comes free only when nobody holds a shared one. After the linger it is tried again, this
# time to keep it: a newcomer then waits for the end of the server instead of attaching to a dying one.
watch='
    exec 8<lease
    while flock -x 8; do
        flock -u 8
        sleep "$3"
        flock -xn 8 || continue
        # Somebody may have deleted the data directory and made a new one of the same name. A proper stop would
        # write to the new files and remove the new socket, because the server goes by its path.
        noted= signal=$2
        read -r noted 2>/dev/null <cluster/postmaster.pid
        [ "$noted" = "$1" ] || signal=KILL
        kill -s "$signal" "$1"
        waited=0
        while alive "$1"; do
            sleep 0.05
            waited=$((waited + 1))
            # A minute is more than a proper stop takes; the log replays what an abrupt one loses.
            [ "$waited" = 1200 ] && kill -s QUIT "$1"
        done
        exit 0
    done'

if [ "$task" = start ]; then
    [ -e server.log ] && mv server.log server.log.1
    exec >>server.log 2>&1
    chmod 700 . cluster
    LD_LIBRARY_PATH=${SERVER_LIBRARY_PATH-} "$@" 9>&- &
    server=$!
else
    server=$1
fi
# A session of its own, so that the watcher can be ended together with the tools it is waiting for.
WATCH=$alive$watch setsid sh -c 'eval "$WATCH"' portal-database-watcher "$server" "$signal" "$linger" &
watcher=$!
while alive "$server"; do
    # Ends early with a trapped signal, and cannot wait for an adopted server: hence the loop.
    if [ "$task" = start ]; then wait "$server"; else sleep 1; fi
done
kill -KILL "-$watcher" 2>/dev/null || kill -KILL "$watcher"
wait
