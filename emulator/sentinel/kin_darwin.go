package sentinel

import (
	"os"
	"strconv"
	"time"
)

// kin knows which process belongs to which ward. On macOS orphans go to
// launchd and we do not hear of their end; so the guard looks at the process
// table now and then and remembers every descendant it ever saw, by pid and
// start time. A double fork faster than that is found by its mark only.
type kin struct {
	run    string
	self   int
	owners map[int]member
}

type member struct {
	id    uint64
	start uint64 // 0 until the table showed the process
}

func newKin(run string) *kin {
	return &kin{run: run, self: os.Getpid(), owners: make(map[int]member)}
}

// add registers a leader.
func (k *kin) add(pid int, id uint64) { k.owners[pid] = member{id: id} }

// remove forgets a child that was waited for.
func (k *kin) remove(pid int) (id uint64, known bool) {
	m, known := k.owners[pid]
	delete(k.owners, pid)
	return m.id, known
}

// has tells whether a process of the ward's is left.
func (k *kin) has(id uint64) bool {
	for _, m := range k.owners {
		if m.id == id {
			return true
		}
	}
	return false
}

// adopt brings the members up to date with the process table. The marks are
// read only when somebody died or a tree has lost its leader.
func (k *kin) adopt(wards map[uint64]*ward, _ uint64) []uint64 {
	if len(wards) == 0 {
		return nil
	}
	table := processTable()
	living := make(map[int]processInfo, len(table))
	children := make(map[int][]int)
	for _, info := range table {
		if !info.zombie {
			living[info.pid] = info
		}
		children[info.parent] = append(children[info.parent], info.pid)
	}
	var queue []int
	for pid, m := range k.owners {
		info, lives := living[pid]
		w := wards[m.id]
		leader := w != nil && w.alive && w.leader == pid
		if !leader && (!lives || (m.start != 0 && m.start != info.start)) {
			delete(k.owners, pid)
			continue
		}
		m.start = info.start
		k.owners[pid] = m
		queue = append(queue, pid)
	}
	if leaderless(wards) {
		queue = append(queue, k.adoptMarked(living, wards)...)
	}
	for i := 0; i < len(queue); i++ {
		for _, child := range children[queue[i]] {
			info, lives := living[child]
			if _, known := k.owners[child]; known || !lives {
				continue
			}
			k.owners[child] = member{id: k.owners[queue[i]].id, start: info.start}
			queue = append(queue, child)
		}
	}
	return nil
}

func (k *kin) adoptMarked(living map[int]processInfo, wards map[uint64]*ward) []int {
	var found []int
	for pid, info := range living {
		if _, known := k.owners[pid]; known || pid == k.self {
			continue
		}
		marks := variables(pid, RunVariable, ProcessVariable)
		id, err := strconv.ParseUint(marks[1], 10, 64)
		if marks[0] != k.run || err != nil || wards[id] == nil {
			continue
		}
		k.owners[pid] = member{id: id, start: info.start}
		found = append(found, pid)
	}
	return found
}

func leaderless(wards map[uint64]*ward) bool {
	for _, w := range wards {
		if !w.alive || w.stopping {
			return true
		}
	}
	return false
}

// tree lists the known living processes of a ward, the leader first.
func (k *kin) tree(w *ward) []int {
	var pids []int
	if w.alive {
		pids = append(pids, w.leader)
	}
	for pid, m := range k.owners {
		if m.id == w.id && (!w.alive || pid != w.leader) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// groups turns processes into targets for kill: every process group once, as a
// negative number, and single processes where the group is our own.
func (k *kin) groups(pids []int) []int {
	wanted := make(map[int]bool, len(pids))
	for _, pid := range pids {
		wanted[pid] = true
	}
	var targets []int
	seen := make(map[int]bool)
	for _, info := range processTable() {
		if !wanted[info.pid] || info.zombie {
			continue
		}
		target := -info.group
		if info.group == k.self || info.group <= 1 {
			target = info.pid
		}
		if !seen[target] {
			seen[target] = true
			targets = append(targets, target)
		}
	}
	return targets
}

// lookEvery is how often the guard must look for descendants.
func (k *kin) lookEvery(wards map[uint64]*ward) time.Duration {
	switch {
	case len(wards) == 0:
		return 24 * time.Hour
	case leaderless(wards):
		return 10 * time.Millisecond
	default:
		return 500 * time.Millisecond
	}
}
