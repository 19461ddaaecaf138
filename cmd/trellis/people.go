package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/identity"
)

type userCmd struct {
	Create   userCreateCmd   `cmd:"" help:"Let a person in."`
	List     userListCmd     `cmd:"" help:"List the people."`
	Password userPasswordCmd `cmd:"" help:"Set a person's password, read from standard input."`
}

type userCreateCmd struct {
	dataFlags
	Email         string   `required:"" help:"E-mail address to sign in with."`
	Name          string   `required:"" help:"Name shown to others."`
	Role          []string `required:"" help:"Role; may be given several times."`
	PasswordStdin bool     `name:"password-stdin" help:"Read the password from standard input."`
}

// with opens the data of a server, or attaches to the one that runs, and ends
// that again.
func (f dataFlags) with(ctx context.Context, do func(a *app) error) error {
	a, err := open(ctx, f, logger(f.Verbose), false)
	if err != nil {
		return err
	}
	defer a.close()
	return do(a)
}

// Run makes the user and prints the id.
func (c *userCreateCmd) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	password := ""
	if c.PasswordStdin {
		var err error
		if password, err = readLine(in); err != nil {
			return err
		}
	}
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		u, err := a.identity.CreateUser(ctx, r, identity.NewUser{Name: c.Name, Email: c.Email, Password: password, Roles: c.Role})
		if err == nil {
			fmt.Fprintln(out, u.ID)
		}
		return err
	})
}

// readLine reads one line of at most 4 KB.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && line == "" {
		return "", trellis.Wrap(trellis.CodeInvalidInput, err, "standard input holds no password")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type userListCmd struct{ dataFlags }

// Run prints a line per person.
func (c *userListCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		users, err := a.identity.Users(ctx, r)
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		for _, u := range users {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.ID, u.Email, u.Name, strings.Join(u.Roles, ","))
		}
		return firstError(err, w.Flush())
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type userPasswordCmd struct {
	dataFlags
	Email string `required:"" help:"Whose password."`
}

// Run sets the password and ends the person's sessions.
func (c *userPasswordCmd) Run(ctx context.Context, in io.Reader) error {
	password, err := readLine(in)
	if err != nil {
		return err
	}
	return c.with(ctx, func(a *app) error {
		return a.identity.SetPassword(ctx, a.view.WorkspaceID, c.Email, password)
	})
}

type apiKeyCmd struct {
	Create apiKeyCreateCmd `cmd:"" help:"Make a key and print it, this once."`
	List   apiKeyListCmd   `cmd:"" help:"List the keys."`
	Revoke apiKeyRevokeCmd `cmd:"" help:"End a key."`
}

type apiKeyCreateCmd struct {
	dataFlags
	Role string `required:"" help:"Role the key holds."`
	Name string `help:"What the key is for." default:"command line"`
}

// Run prints the key alone.
func (c *apiKeyCreateCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		_, key, err := a.identity.CreateKey(ctx, r, c.Name, c.Role)
		if err == nil {
			fmt.Fprintln(out, key)
		}
		return err
	})
}

type apiKeyListCmd struct{ dataFlags }

// Run prints a line per key.
func (c *apiKeyListCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		keys, err := a.identity.Keys(ctx, r)
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		for _, k := range keys {
			state := "active"
			if k.Revoked {
				state = "revoked"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ID, k.Role, state, k.Name)
		}
		return firstError(err, w.Flush())
	})
}

type apiKeyRevokeCmd struct {
	dataFlags
	ID string `arg:"" help:"The key's id, as listed."`
}

// Run ends the key.
func (c *apiKeyRevokeCmd) Run(ctx context.Context) error {
	id, err := trellis.ParseID(c.ID)
	if err != nil {
		return err
	}
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		found, err := a.identity.RevokeKey(ctx, r, id)
		if err == nil && !found {
			return trellis.Errorf(trellis.CodeNotFound, "there is no key with this id")
		}
		return err
	})
}
