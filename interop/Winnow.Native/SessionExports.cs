using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>Sessions: sequences of tokens that stay.</summary>
internal static unsafe class SessionExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_session_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Create(ulong engine, ulong* session) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        Memory.Need(session, nameof(session));
        *session = Handles.Add(target.CreateSession());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong session) => Failure.Guard(() =>
    {
        Wait(Handles.Remove<Session>(session).DisposeAsync().AsTask());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_append_text", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status AppendText(ulong session, byte* text, nuint textLength, ulong cancel) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Wait(target.AppendAsync(Memory.ReadText(text, textLength, nameof(text)), LibraryExports.TokenOf(cancel)));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_append_tokens", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status AppendTokens(ulong session, int* tokens, nuint count, ulong cancel) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        int[] read = Memory.Read(tokens, count, nameof(tokens)).ToArray();
        Wait(target.AppendAsync(read, LibraryExports.TokenOf(cancel)));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_tokens", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Tokens(ulong session, int* tokens, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        return Memory.Write<int>(target.Tokens.ToArray(), tokens, capacity, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_fork", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Fork(ulong session, ulong* fork) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Memory.Need(fork, nameof(fork));
        *fork = Handles.Add(target.ForkAsync().GetAwaiter().GetResult());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_rollback", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Rollback(ulong session, nuint count) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        if (count > (nuint)target.Length)
        {
            throw new ArgumentException($"The session has {target.Length} tokens; {count} cannot be taken off.");
        }

        Wait(target.RollbackAsync((int)count));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_save", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Save(ulong session, byte* path, nuint pathLength) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        string file = Memory.ReadName(path, pathLength, nameof(path));

        // What cannot be finished leaves an older file as it was.
        string unfinished = file + ".unfinished";
        try
        {
            using (FileStream stream = File.Create(unfinished))
            {
                Wait(target.SaveAsync(stream));
            }

            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }

        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_restore", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Restore(ulong engine, byte* path, nuint pathLength, ulong* session) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        Memory.Need(session, nameof(session));
        using FileStream stream = File.OpenRead(Memory.ReadName(path, pathLength, nameof(path)));
        *session = Handles.Add(target.RestoreSessionAsync(stream).GetAwaiter().GetResult());
        return Status.Ok;
    });

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
