using System;

namespace Winnow.Cache.Policies;

/// <summary>Gives back, when it ends, what was rented from an arena since it began.</summary>
internal readonly ref struct KvArenaScope(KvArena arena) : IDisposable
{
    private readonly (int Block, long Used) _start = arena.Position;

    public void Dispose() => arena.Position = _start;
}
