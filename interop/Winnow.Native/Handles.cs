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
            slot.Message = "";
            slot.Use = (slot.Use + 1) & ((1u << UseBits) - 1);
            return ((ulong)KindOf(target.GetType()) << (32 + UseBits)) | ((ulong)slot.Use << 32) | (uint)(index + 1);
        }
    }

    /// <summary>The object behind a handle.</summary>
    /// <exception cref="HandleException">It has none of this kind.</exception>
    public static T Get<T>(ulong handle)
        where T : class
    {
        T target;
        lock (Gate)
        {
            target = Find<T>(handle, out _);
        }

        Failure.Note(handle);
        return target;
    }

    /// <summary>Keeps the message of a call that failed with an object it was given; nothing where that is freed by now.</summary>
    public static void Tell(ulong handle, string message)
    {
        if (handle != 0)
        {
            lock (Gate)
            {
                int index = (int)(uint)handle - 1;
                if (IsCurrent(handle, index))
                {
                    _slots[index].Message = message;
                }
            }
        }
    }

    /// <summary>The message of the last call that failed with an object.</summary>
    /// <exception cref="HandleException">There is no such object.</exception>
    public static string MessageOf(ulong handle)
    {
        lock (Gate)
        {
            int index = (int)(uint)handle - 1;
            CheckForm(handle, index, "an object");
            return IsCurrent(handle, index) && KindOf(_slots[index].Target!.GetType()) == KindIn(handle)
                ? _slots[index].Message
                : throw new HandleException("This handle was freed.");
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
        CheckForm(handle, index, wanted);
        if (KindIn(handle) != KindOf(typeof(T)))
        {
            throw new HandleException($"This is a handle of {NameOf(KindIn(handle))}; a handle of {wanted} is needed here.");
        }

        return IsCurrent(handle, index) && _slots[index].Target is T target ? target : throw new HandleException($"This handle of {wanted} was freed.");
    }

    private static void CheckForm(ulong handle, int index, string wanted)
    {
        if (handle == 0)
        {
            throw new HandleException($"The handle is null; a handle of {wanted} is needed here.");
        }

        if ((uint)index >= (uint)_used || KindIn(handle) is HandleKind.None or > HandleKind.Kernel)
        {
            throw new HandleException($"0x{handle:x} is not a handle of this library; a handle of {wanted} is needed here.");
        }
    }

    private static HandleKind KindIn(ulong handle) => (HandleKind)(handle >> (32 + UseBits));

    private static bool IsCurrent(ulong handle, int index) =>
        (uint)index < (uint)_used && _slots[index].Target is not null && _slots[index].Use == ((uint)(handle >> 32) & ((1u << UseBits) - 1));

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
        public string Message;
        public uint Use;
    }
}
