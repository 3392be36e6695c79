using System.Collections.Generic;
using System.Threading;

namespace Winnow.Gpu.Native;

/// <summary>Native objects that were handed out and not given back, so that an owner can end them with itself. Any thread may call.</summary>
internal sealed class LiveHandles
{
    private readonly Lock _lock = new();
    private readonly HashSet<nint> _handles = [];

    /// <summary>Notes an object.</summary>
    public void Add(nint handle)
    {
        lock (_lock)
        {
            _handles.Add(handle);
        }
    }

    /// <summary>Forgets an object.</summary>
    /// <returns>False where it was not known.</returns>
    public bool Remove(nint handle)
    {
        lock (_lock)
        {
            return _handles.Remove(handle);
        }
    }

    /// <summary>Forgets all objects and returns them.</summary>
    public nint[] TakeAll()
    {
        lock (_lock)
        {
            nint[] all = [.. _handles];
            _handles.Clear();
            return all;
        }
    }
}
