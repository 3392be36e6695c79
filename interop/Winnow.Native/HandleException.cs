using System;

namespace Winnow.Native;

/// <summary>A handle is null, was freed, is of another kind or was never one.</summary>
internal sealed class HandleException(string message) : Exception(message);
