using System;
using System.Collections.Generic;
using System.Threading;
using Winnow.Engine;
using Winnow.Formats.Tokenizers;

namespace Winnow.Native;

/// <summary>
/// The objects that callers hold. A handle is (kind, use of the slot, slot): one that was freed, belongs to something else or was made up
/// is found out by comparing, and nothing that a caller passes is ever used as an address.
/// </summary>
internal static class Handles
{
    private const int UseBits = 24;

    private static readonly Lock Gate = new();
    private static readonly Stack<int> Vacant = new();
    private static Slot[] _slots = new Slot[64];
    private static int _used;

    /// <summary>How many objects are open.</summary>
    public static int Count
    {
        get
        {
            lock (Gate)
            {
                return _used - Vacant.Count;
            }
        }
    }

    /// <summary>Takes an object in and gives its handle.</summary>
    public static ulong Add(object target)
    {
        lock (Gate)
        {
            if (!Vacant.TryPop(out int index))
            {
                index = _used++;
                if (index == _slots.Length)
                {
                    Array.Resize(ref _slots, 2 * index);
                }
            }

            ref Slot slot = ref _slots[index];
            slot.Target = target;
            slot.Use = (slot.Use + 1) & ((1u << UseBits) - 1);
            return ((ulong)KindOf(target.GetType()) << (32 + UseBits)) | ((ulong)slot.Use << 32) | (uint)(index + 1);
        }
    }

    /// <summary>The object behind a handle.</summary>
    /// <exception cref="HandleException">It has none of this kind.</exception>
    public static T Get<T>(ulong handle)
        where T : class
    {
        lock (Gate)
        {
            return Find<T>(handle, out _);
        }
    }

    /// <summary>Takes an object out; its handle is invalid from here on.</summary>
    /// <exception cref="HandleException">It has none of this kind.</exception>
    public static T Remove<T>(ulong handle)
        where T : class
    {
        lock (Gate)
        {
            T target = Find<T>(handle, out int index);
            _slots[index].Target = null;
            Vacant.Push(index);
            return target;
        }
    }

    /// <summary>Takes all objects out.</summary>
    public static List<object> RemoveAll()
    {
        List<object> targets = [];
        lock (Gate)
        {
            for (int index = 0; index < _used; index++)
            {
                if (_slots[index].Target is { } target)
                {
                    targets.Add(target);
                    _slots[index].Target = null;
                    Vacant.Push(index);
                }
            }
        }

        return targets;
    }

    /// <summary>The kind of handle that an object has.</summary>
    public static HandleKind KindOf(Type type) =>
        type == typeof(WinnowEngine) ? HandleKind.Engine
        : type == typeof(Tokenizer) ? HandleKind.Tokenizer
        : type == typeof(Session) ? HandleKind.Session
        : type == typeof(Generation) ? HandleKind.Generation
        : type == typeof(CancellationTokenSource) ? HandleKind.Cancel
        : type == typeof(Gpu) ? HandleKind.Gpu
        : type == typeof(Kernel) ? HandleKind.Kernel
        : throw new ArgumentException($"{type} has no handles.", nameof(type));

    private static T Find<T>(ulong handle, out int index)
        where T : class
    {
        string wanted = NameOf(KindOf(typeof(T)));
        index = (int)(uint)handle - 1;
        if (handle == 0)
        {
            throw new HandleException($"The handle is null; a handle of {wanted} is needed here.");
        }

        var kind = (HandleKind)(handle >> (32 + UseBits));
        if ((uint)index >= (uint)_used || kind is HandleKind.None or > HandleKind.Kernel)
        {
            throw new HandleException($"0x{handle:x} is not a handle of this library; a handle of {wanted} is needed here.");
        }

        if (kind != KindOf(typeof(T)))
        {
            throw new HandleException($"This is a handle of {NameOf(kind)}; a handle of {wanted} is needed here.");
        }

        ref Slot slot = ref _slots[index];
        bool isCurrent = slot.Use == ((uint)(handle >> 32) & ((1u << UseBits) - 1));
        return isCurrent && slot.Target is T target ? target : throw new HandleException($"This handle of {wanted} was freed.");
    }

    private static string NameOf(HandleKind kind) => kind switch
    {
        HandleKind.Engine => "an engine",
        HandleKind.Tokenizer => "a tokenizer",
        HandleKind.Session => "a session",
        HandleKind.Generation => "a generation",
        HandleKind.Cancel => "a cancel",
        HandleKind.Gpu => "a gpu",
        _ => "a kernel",
    };

    private struct Slot
    {
        public object? Target;
        public uint Use;
    }
}
