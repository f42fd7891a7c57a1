package sentinel

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// kin knows which process belongs to which ward. On Linux every process whose
// ancestors died becomes a child of the sentinel, and only the sentinel waits
// for it; so a tree is its leader, the orphans that came from it, and their
// descendants, and the last of them to die is always our child.
type kin struct {
	run    string
	self   int
	owners map[int]uint64 // our children: leaders and known orphans
	claims map[int]uint64
	// files tells whether the kernel lists children per thread
	// (CONFIG_PROC_CHILDREN); without it the whole table is read.
	files bool
}

func newKin(run string) *kin {
	k := &kin{run: run, self: os.Getpid(), owners: make(map[int]uint64), claims: make(map[int]uint64)}
	_, err := os.Stat("/proc/thread-self/children")
	k.files = err == nil
	return k
}

// add registers a leader.
func (k *kin) add(pid int, id uint64) {
	k.owners[pid] = id
	k.claims[pid] = id
}

// remove forgets a child that was waited for.
func (k *kin) remove(pid int) (id uint64, known bool) {
	id, known = k.owners[pid]
	delete(k.owners, pid)
	return id, known
}

// has tells whether a child of the ward's is left.
func (k *kin) has(id uint64) bool {
	for _, owner := range k.owners {
		if owner == id {
			return true
		}
	}
	for pid, owner := range k.claims {
		if owner == id {
			delete(k.claims, pid) // the number may be used again
		}
	}
	return false
}

// adopt traces new orphans and returns their wards, 0 for a stray. The list of
// our own children is exact: it shrinks only when we wait for one of them.
func (k *kin) adopt(_ map[uint64]*ward, guess uint64) []uint64 {
	var adopted []uint64
	for _, pid := range k.view().children(k.self) {
		if _, known := k.owners[pid]; known {
			continue
		}
		info, err := readProcess(pid)
		if err != nil {
			continue
		}
		id := k.trace(info, guess)
		k.owners[pid] = id
		for _, number := range []int{info.group, info.session} {
			if _, known := k.claims[number]; !known && id != 0 && number != k.self {
				k.claims[number] = id
			}
		}
		adopted = append(adopted, id)
	}
	return adopted
}

// trace goes by the mark in the environment, then by the process group and the
// session, and only then by the guess: a program may have cleared one and left
// the others.
func (k *kin) trace(info processInfo, guess uint64) uint64 {
	marks := variables(info.pid, RunVariable, ProcessVariable)
	if marks[0] == k.run {
		if id, err := strconv.ParseUint(marks[1], 10, 64); err == nil {
			return id
		}
	}
	for _, number := range []int{info.group, info.session} {
		if id, known := k.claims[number]; known {
			return id
		}
	}
	return guess
}

// tree lists the living processes of a ward, the leader first.
func (k *kin) tree(w *ward) []int {
	view := k.view()
	var pids []int
	if w.alive {
		pids = append(pids, w.leader)
	}
	for pid, id := range k.owners {
		if id == w.id && (!w.alive || pid != w.leader) {
			pids = append(pids, pid)
		}
	}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, view.children(pids[i])...)
	}
	return pids
}

// groups turns processes into targets for kill: every process group once, as a
// negative number, and single processes where the group is our own.
func (k *kin) groups(pids []int) []int {
	var targets []int
	seen := make(map[int]bool)
	for _, pid := range pids {
		info, err := readProcess(pid)
		if err != nil || info.zombie {
			continue
		}
		target := -info.group
		if info.group == k.self || info.group <= 1 {
			target = pid
		}
		if !seen[target] {
			seen[target] = true
			targets = append(targets, target)
		}
	}
	return targets
}

// lookEvery is how often the guard must look for orphans: never, they come to
// us, and their end is signalled.
func (k *kin) lookEvery(map[uint64]*ward) time.Duration { return 24 * time.Hour }

// view answers who is whose child, for one question.
func (k *kin) view() kinView {
	if k.files {
		return kinView{}
	}
	table := make(map[int][]int)
	for _, info := range processTable() {
		table[info.parent] = append(table[info.parent], info.pid)
	}
	return kinView{table}
}

type kinView struct{ table map[int][]int }

func (v kinView) children(pid int) []int {
	if v.table != nil {
		return v.table[pid]
	}
	tasks := "/proc/" + strconv.Itoa(pid) + "/task"
	threads, err := readNames(tasks)
	if err != nil {
		return nil
	}
	var pids []int
	for _, thread := range threads {
		data, err := os.ReadFile(filepath.Join(tasks, thread, "children"))
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return f.Readdirnames(-1)
}
